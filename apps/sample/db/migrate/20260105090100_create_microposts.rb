class CreateMicroposts < ActiveRecord::Migration[7.2]
  def change
    create_table :microposts do |t|
      t.references :user, null: false, foreign_key: true, index: false
      t.string :content, null: false
      t.timestamps

      t.index %i[user_id created_at]
    end
  end
end
