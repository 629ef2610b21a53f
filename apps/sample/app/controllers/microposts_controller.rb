class MicropostsController < ApplicationController
  before_action :require_user

  def create
    @micropost = Micropost.new(micropost_params.merge(user: current_user))
    if @micropost.save
      redirect_to root_path, notice: "Posted."
    else
      @microposts = paginate(current_user.feed.newest_first.includes(:user))
      render "home/show", status: :unprocessable_entity
    end
  end

  def destroy
    current_user.microposts.find(params[:id]).destroy!
    redirect_back_or_to root_path, notice: "The micropost is gone.", status: :see_other
  end

  private

  def micropost_params
    params.require(:micropost).permit(:content)
  end
end
