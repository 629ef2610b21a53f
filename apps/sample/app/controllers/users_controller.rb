class UsersController < ApplicationController
  before_action :require_user, only: %i[edit update]
  before_action :find_user, only: %i[show following followers]

  def index
    @users = paginate(User.by_name)
  end

  def show
    @microposts = paginate(@user.microposts.newest_first.includes(:user))
  end

  def following
    @users = paginate(@user.following.by_name)
    render :relations
  end

  def followers
    @users = paginate(@user.followers.by_name)
    render :relations
  end

  def new
    @user = User.new
  end

  def create
    @user = User.new(user_params)
    if @user.save
      sign_in @user, notice: "Welcome to the Sample App, #{@user.name}!"
    else
      render :new, status: :unprocessable_entity
    end
  end

  def edit
    own_profile
  end

  def update
    if own_profile.update(user_params)
      redirect_to @user, notice: "Your profile is up to date."
    else
      render :edit, status: :unprocessable_entity
    end
  end

  private

  def find_user
    @user = User.find(params[:id])
  end

  # Others' profiles can't be found here. A copy of its own: what fails to validate stays out of the page's frame.
  def own_profile
    @user = User.where(id: current_user.id).find(params[:id])
  end

  def user_params
    params.require(:user).permit(:name, :email, :password, :password_confirmation)
  end
end
